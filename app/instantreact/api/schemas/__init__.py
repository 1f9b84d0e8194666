"""What travels over HTTP, as pydantic models: `...Draft` is what people write, `...View` what they read."""
