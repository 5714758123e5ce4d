"""Where the shipped model is made: run by hand, imports torch and scikit-learn, never imported by the product."""
