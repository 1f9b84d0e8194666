"""What people are told, and the channels it travels on."""
