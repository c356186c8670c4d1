"""What a run tells: lines for people, JSON, JUnit, one page."""
