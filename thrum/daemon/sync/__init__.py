"""The exchange of the branch with the remote: when, what it may do, what older layouts left."""
