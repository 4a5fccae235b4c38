"""What the product is made of: licences of what it stands on, and its bill of materials."""
