"""A request that an API does not take."""


class Rejected(Exception):
    """What is wrong with a request.

    Attributes:
        message: In words.
        status: Of the HTTP response.
        type: Of the error, in Anthropic's words.
    """

    def __init__(
        self, message: str, status: int = 400, type: str = "invalid_request_error"
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.type = message, status, type
