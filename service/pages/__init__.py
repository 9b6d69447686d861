"""What a person sees. No page loads anything from elsewhere, or runs a script that stands in it."""
