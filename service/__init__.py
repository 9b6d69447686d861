"""An async API behind Auth0."""
