"""Points: earned by buying and checking in, worth a fen each, spent at the check-out."""
