"""What talks to AWS. Nothing else imports boto3; nothing imports this unless a setting or a command asks for AWS.

secret          the settings that stand in Secrets Manager

machine         a profile, a region and credentials, as this machine has them
session         who asks, and where; one client for each service
errors          what AWS answers instead, and what this machine lacks, in one line
actions         the rights that each command of the pipeline needs

stacks          a CloudFormation stack, as it is now
states          what a stack's state means, and what to do about it                    pure
parameters      what the template asks for, and what it is given                       pure
changes         what a change set would do                                             pure
change_sets     making, executing and discarding one
events          what happens to a stack; what failed first
follow_stack    staying until a stack's operation has ended
retained        what stays when a stack is deleted                                     pure

clusters        the EKS cluster that is deployed to
connections     the connection to GitHub
images          the images that a project's builds made and that are in ECR
builds          CodeBuild's builds; what failed, what runs
build_log       a build's log, and staying until it has ended
"""
