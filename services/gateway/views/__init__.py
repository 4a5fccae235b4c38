"""What the gateway's pages show, as data: pure, and the same for HTML, JSON and the live stream."""
