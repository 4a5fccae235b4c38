"""The same job as others would write it, each as its library's documentation suggests.

These run in a virtual environment of their own (`make bench-peers`) and import nothing of the product.
"""
