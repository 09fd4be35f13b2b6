"""What `make` runs beside the shop itself."""
