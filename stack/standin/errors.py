"""The refusals of the hosted API, word for word: their texts as data, and the exception that carries one.

Source: recorded answers and public reports. Texts that begin with "The stand-in" are its own: it does not do that part.
"""

import json
from typing import Final

NOT_FOUND: Final = "Not Found"
LATITUDE_RANGE: Final = "Latitude must be in range of -90 to 90°. Given: {}."
LONGITUDE_RANGE: Final = "Longitude must be in range of -180 to 180°. Given: {}."
CANNOT_INITIALIZE: Final = "Data corrupted at path '{}'. Cannot initialize {} from invalid String value {}."
NOT_AN_INTEGER: Final = "Value was not of type 'Int' at path '{0}'. Data found at '{0}' was not Int."
COORDINATE_COUNTS: Final = "Parameter 'latitude' and 'longitude' must have the same number of elements"
DATE_COUNTS: Final = "Parameter 'start_date' and 'end_date' must have the same number of elements"
DATES_AND_COORDINATES: Final = "Parameter 'start_date' and 'end_date' must have the same number of elements as coordinates"
COUNT_AS_COORDINATES: Final = "Parameter '{}' must have the same number of elements as coordinates"
TIMEZONE_COUNT: Final = "Parameter 'timezone' and coordinates must have the same number of elements"
DATE_RANGE: Final = "Parameter '{}' is out of allowed range from {} to {}"
PAST_DAYS: Final = "Past days is invalid. Allowed range 0 to {}. Given {}."
FORECAST_DAYS: Final = "Forecast days is invalid. Allowed range 0 to {0}. Given {0}."
END_BEFORE_START: Final = "End-date must be larger or equals than start-date"
MUTUALLY_EXCLUSIVE: Final = "Parameter '{}' is mutually exclusive with 'start_date' and 'end_date'"
DATE_FORMAT: Final = "Invalid date format. Make sure to use 'YYYY-MM-DD'"
DATE: Final = "Invalid date"
TIMEZONE: Final = "Invalid timezone"
TOO_MANY_LOCATIONS: Final = "Only up to {} locations can be requested at once"
TOO_MUCH_DATA: Final = (
    "Your API call requests too much data. Please reduce the number of variables, locations and/or weather models."
)
NO_DATA: Final = "No data is available for this location"
URL_TOO_LONG: Final = "414 Request-URI Too Large"
PAYLOAD_TOO_LARGE: Final = "Payload Too Large"
NOT_JSON: Final = "The data couldn't be read because it isn't in the correct format."
NOT_AN_ARRAY: Final = (
    "Value was not of type 'Array<Any>' at path '{0}'. Expected to decode Array<Any> but found a string instead."
)
KEY_REQUIRED: Final = "API key required. Please add &apikey= to the URL."
KEY_INVALID: Final = "The supplied API key is invalid."
PLAN_TOO_SMALL: Final = "This API endpoint requires the API Professional or Enterprise plan"
TOO_MANY: Final = {
    "minutely": "Minutely API request limit exceeded. Please try again in one minute.",
    "hourly": "Hourly API request limit exceeded. Please try again in the next hour.",
    "daily": "Daily API request limit exceeded. Please try again tomorrow.",
    "concurrent": "Too many concurrent requests",
}
STANDIN_GMT_ONLY: Final = "The stand-in speaks GMT only: leave timezone out, or ask for GMT or UTC"
STANDIN_LACKS: Final = "The stand-in does not support parameter '{}'"
STANDIN_ONE_MODEL: Final = "The stand-in answers one model per request"

HOURLY_TYPE: Final = (
    "SurfacePressureAndHeightVariable<VariableAndPreviousDay, VariableOrSpread<ForecastPressureVariable>, ForecastHeightVariable>"
)
DAILY_TYPE: Final = "ForecastVariableDaily"
MODEL_TYPE: Final = "MultiDomains"


class Refused(Exception):
    """An answer that refuses: `status` and the body's `reason`. The hosted API writes the keys in both orders.

    `is_html`: nginx refuses, and `reason` is its title. A `location` has no body.
    """

    def __init__(
        self, reason: str, *, status: int = 400, reason_first: bool = False, is_html: bool = False, location: str | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.reason_first = reason_first
        self.is_html = is_html
        self.headers = {"location": location} if location else {}

    def body(self) -> str:
        """The JSON text of the body, without whitespace between tokens; a redirect has none."""
        if self.headers:
            return ""
        reason = f'"reason":{json.dumps(self.reason, ensure_ascii=False)}'
        return f'{{{reason},"error":true}}' if self.reason_first else f'{{"error":true,{reason}}}'
