"""What is kept: flux, their bytes, the steering, the journal. SQLAlchemy stops here."""
