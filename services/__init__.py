"""The five services and the programs that start them."""
