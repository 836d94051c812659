"""API keys: the customer hosts want one, the free hosts send whoever brings one there.

The stand-in knows every key that begins with `standard-` or `professional-`, the two plans.
"""

from stack.standin import errors
from stack.standin.errors import Refused
from stack.standin.profiles import Profile


def check_key(profile: Profile, key: str | None, encoded: str) -> None:
    """Refuse a key that does not fit the profile's host; `encoded` is the request's query.

    Raises:
        Refused: 401 without a key, 400 with one that is not known, 403 where the plan is too small, 303 on a free host.
    """
    if not profile.is_customer:
        if key:
            path = profile.path.partition("/v1/")[2]
            raise Refused("", status=303, location=f"https://customer-{profile.host}//v1/{path}?{encoded}")
        return
    if not key:
        raise Refused(errors.KEY_REQUIRED, status=401)
    plan = key.partition("-")[0]
    if plan not in {"standard", "professional"}:
        raise Refused(errors.KEY_INVALID)
    if profile.needs_professional and plan == "standard":
        raise Refused(errors.PLAN_TOO_SMALL, status=403)
