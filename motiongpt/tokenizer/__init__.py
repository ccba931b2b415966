"""Motion tokens: a VQ-VAE between motion features and code indices."""
