"""Who may come into the console and its API: sign-in, sessions, tokens, and what every form is held against."""
