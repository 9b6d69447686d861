"""What talks to AWS. Nothing else imports boto3; nothing imports this unless a setting or a command asks for AWS."""
