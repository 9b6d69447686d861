"""The settings that stand in AWS Secrets Manager: one JSON object, by the names of the environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic_settings import AWSSecretsManagerSettingsSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_settings import BaseSettings

# A service that cannot start should say so soon.
_CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})

_REFUSALS = {
    "ResourceNotFoundException": "there is no such secret{where}",
    "AccessDeniedException": "reading it is denied; the role needs secretsmanager:GetSecretValue for it, and "
    "kms:Decrypt where it has a key of its own",
    "DecryptionFailure": "it cannot be decrypted; the role needs kms:Decrypt for its key",
    "InvalidRequestException": "it cannot be read in the state that it is in; is it about to be deleted?",
}


class SecretUnusable(Exception):
    """The secret cannot be read, or holds no settings; the message says why, without anything that stands in it."""


def read(secret_id: str, settings: type[BaseSettings]) -> Mapping[str, Any]:
    """Return what a secret has, by variable name. `secret_id` is its name or its ARN. Raises SecretUnusable."""
    session = botocore.session.get_session()
    session.set_default_client_config(_CONFIG)
    boto3.setup_default_session(botocore_session=session)
    region = _region(secret_id) or session.get_config_variable("region")
    try:
        source = AWSSecretsManagerSettingsSource(settings, secret_id, region_name=region)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        where = f" in {region}" if region else ""
        raise SecretUnusable(_REFUSALS.get(code, f"AWS refuses: {code}").format(where=where)) from None
    except BotoCoreError as error:
        # Its words are about credentials, regions and addresses; none of them quotes what was answered.
        raise SecretUnusable(str(error).rstrip(".")) from None
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise SecretUnusable('it is not one JSON object of settings, as {"AUTH0_DOMAIN": "…"}') from None
    except ValueError as error:
        raise SecretUnusable(f"this machine's settings for AWS cannot be used: {error}") from None
    return dict(source.env_vars)


def _region(secret_id: str) -> str | None:
    # arn:aws:secretsmanager:eu-central-1:123456789012:secret:name
    parts = secret_id.split(":")
    return parts[3] if parts[0] == "arn" and len(parts) > 3 and parts[3] else None
