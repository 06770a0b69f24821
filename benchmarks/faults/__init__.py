"""The fault laboratory: small trainings on scikit-learn's digits with one fault each, and healthy ones."""
