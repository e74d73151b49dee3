"""What the stories share: kubectl, a wait with words, the object store, a load generator."""
