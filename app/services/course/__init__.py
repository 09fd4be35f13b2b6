"""The axf course's SQL files: read, checked and brought into the shop."""
