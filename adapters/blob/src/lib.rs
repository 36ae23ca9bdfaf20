//! Blob storage through object_store, with every piece checked before it leaves.
