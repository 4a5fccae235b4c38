"""What every service stands on: the kernel, the contracts, the ports and their adapters, the engine."""
