"""Where each product is asked: the hosted API, a server of one's own, or the simulator; and where a key may go.

Which addresses may be asked at all is a rule of the settings (`Settings.base_url`, `HOSTED`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from barograph.errors import AccessRefused
from barograph.settings import HOSTED, Settings
from barograph.sources.open_meteo.key import CREDENTIAL
from barograph.sources.open_meteo.products import PRODUCTS, SIMULATED, find_product


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a product is asked, and what it wants to be sent with the request."""

    url: str
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Who counts the calls: the host, with the port that is not the usual one."""
        return urlsplit(self.url).netloc


def endpoint(source: str, settings: Settings, *, has_key: bool = False) -> Endpoint:
    """Where the product of `source` is asked; `has_key`: at the host for customers.

    Raises:
        RequestRefused: no such product.
        AccessRefused: there is a key, and the address is none that keys are sent to.
    """
    provision = PRODUCTS[find_product(source.rpartition("/")[2])]
    prefix = "customer-" if has_key else ""
    if source.startswith(f"{SIMULATED}/"):
        return Endpoint(f"{settings.standin_url}/{prefix}{provision.path}", provision.query)
    address = str(getattr(settings, provision.address))
    scheme, _, rest = address.partition("://")
    origin = f"{scheme}://{rest.partition('/')[0]}"
    if has_key and origin not in HOSTED:
        raise AccessRefused(
            f"{origin} is asked for {source}, and an API key is set: a key is sent to {', '.join(sorted(HOSTED))} alone. "
            f"Empty {CREDENTIAL.setting} in .env, or take the address of your own (BASE_URL and its like) out of it"
        )
    return Endpoint(f"{scheme}://{prefix}{rest}", provision.query)
