"""Input made to do harm, and what is said of it."""
