"""The version of the toolkit, for every result that says what made it."""

VERSION = "0.1.0"
