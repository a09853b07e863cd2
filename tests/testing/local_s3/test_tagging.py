"""Tags of objects and buckets."""

from __future__ import annotations


def test_tags_are_kept_told_and_checked(client):
    client.put("k", b"x", {"x-amz-tagging": "a=1&b=%C3%BC+%2B"})
    assert client.get("k").headers["x-amz-tagging-count"] == "2"
    answer = client.get("k", {"tagging": ""})
    assert (answer.texts("TagSet/Tag/Key"), answer.texts("TagSet/Tag/Value")) == (["a", "b"], ["1", "\u00fc +"])
    body = b"<Tagging><TagSet><Tag><Key>c</Key><Value>3</Value></Tag></TagSet></Tagging>"
    assert client.send("PUT", "bucket", "k", {"tagging": ""}, body=body).status == 200
    assert client.get("k", {"tagging": ""}).texts("TagSet/Tag/Key") == ["c"]
    assert client.send("DELETE", "bucket", "k", {"tagging": ""}).status == 204
    assert client.get("k", {"tagging": ""}).texts("TagSet/Tag/Key") == []
    assert client.send("PUT", "bucket", query={"tagging": ""}, body=body).status == 204
    assert client.send("GET", "bucket", query={"tagging": ""}).texts("TagSet/Tag/Value") == ["3"]
    assert client.send("DELETE", "bucket", query={"tagging": ""}).status == 204
    assert client.send("GET", "bucket", query={"tagging": ""}).code == "NoSuchTagSet"
    many = "&".join(f"k{number}=v" for number in range(11))
    for tags, code in [
        (many, "BadRequest"),
        ("a=1&a=2", "InvalidArgument"),
        ("=1", "InvalidTag"),
        ("a=%zz", "InvalidArgument"),
    ]:
        assert client.send("PUT", "bucket", "k", headers={"x-amz-tagging": tags}).code == code
