"""What goes to accounting: one file a format, each from the same entries; the invoice itself goes as it came."""
