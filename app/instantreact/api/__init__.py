"""The HTTP edge: requests in, values out, errors as problem+json. Nothing below this folder knows HTTP."""
