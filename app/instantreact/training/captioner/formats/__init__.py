"""The annotation formats that the toolkit reads; every complaint names the file and the line."""
