"""The commands that compare by the million find no difference in a few examples either."""

import pytest

from tests.property import every_service, presign_million, sign_million


@pytest.mark.parametrize("command", [sign_million, presign_million])
def test_random_requests_equal_botocores(command, capsys):
    assert command.main(examples=500, seed=2026) == 0
    assert capsys.readouterr().out == "500 examples, no difference\n"


def test_what_botocores_clients_send_is_signed_alike(capsys):
    services = ["apigateway", "bedrock-runtime", "ebs", "glacier", "iot-data", "lambda", "sts"]
    assert every_service.main(services) == 0
    assert capsys.readouterr().out.endswith("285 equal, 0 unlike, 2 not compared\n")
