"""Google Takeout: "My Activity" as JSON or HTML, and the page that lists what an export holds."""
