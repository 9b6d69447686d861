"""What is measured against: each the way its own documentation shows it. Most run outside this project's packages."""
