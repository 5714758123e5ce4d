"""Faces: the only link to a deepfake, whose pixels are new. Needs her own consent; no model is switched on by default."""
