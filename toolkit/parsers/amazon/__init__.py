"""Amazon Alexa: one module for each shape its history comes in."""
