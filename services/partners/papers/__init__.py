"""What people read on paper: protocols and packs, made of the tables and documents that the service works by."""
