"""The captioner in torch: data, model, training, evaluation and export."""
