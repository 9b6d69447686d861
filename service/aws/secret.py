"""The settings that stand in AWS Secrets Manager: one JSON object, by the names of the environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoRegionError,
    ProxyConnectionError,
    TokenRetrievalError,
)
from pydantic_settings import AWSSecretsManagerSettingsSource

from .machine import MachineUnusable, check_credentials, open_session

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
    region = _region(secret_id)
    try:
        session = open_session()
        session.set_default_client_config(_CONFIG)
        boto3.setup_default_session(botocore_session=session)
        region = region or session.get_config_variable("region")
        check_credentials(session)
        source = AWSSecretsManagerSettingsSource(settings, secret_id, region_name=region)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        where = f" in {region}" if region else ""
        raise SecretUnusable(_REFUSALS.get(code, f"AWS refuses: {code}").format(where=where)) from None
    except (CredentialRetrievalError, TokenRetrievalError) as error:
        # What the provider says of itself may hold what it was given, so it stays out.
        raise SecretUnusable(f"the credentials cannot be had from {error.kwargs.get('provider')}") from None
    except NoRegionError:
        raise SecretUnusable("You must specify a region: AWS_REGION, or the secret by its ARN") from None
    except ProxyConnectionError:
        # Its URL may have a password.
        raise SecretUnusable("the proxy cannot be reached (HTTPS_PROXY)") from None
    except BotoCoreError as error:
        if type(error) is HTTPClientError:
            # Which quotes whatever went wrong, be it a header with credentials in it.
            raise SecretUnusable("the connection to AWS broke off, or could not be made") from None
        # Its words are about credentials, regions and addresses; none of them quotes what was answered.
        raise SecretUnusable(" ".join(str(error).split()).rstrip(".")) from None
    except MachineUnusable as error:
        raise SecretUnusable(str(error)) from None
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError, RecursionError):
        raise SecretUnusable('it is not one JSON object of settings, as {"AUTH0_DOMAIN": "…"}') from None
    except (OSError, ValueError) as error:
        raise SecretUnusable(f"this machine's settings for AWS cannot be used: {error}") from None
    return dict(source.env_vars)


def _region(secret_id: str) -> str | None:
    # arn:aws:secretsmanager:eu-central-1:123456789012:secret:name
    parts = secret_id.split(":")
    return parts[3] if parts[0] == "arn" and len(parts) > 3 and parts[3] else None
