"""How a message leaves for a person: by e-mail, to Slack, or as a signed webhook."""
