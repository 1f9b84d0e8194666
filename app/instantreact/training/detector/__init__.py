"""Training an SSD detector: data with boxes in, a bundle out."""
