"""What time shows to be missing, late or against a contract."""
