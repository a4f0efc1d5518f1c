"""``wirewatch topics``: the topics of schemas/topics.yaml on a broker."""
