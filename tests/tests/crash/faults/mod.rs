//! What holds while a server that the service depends on fails: answers come
//! soon and say what is wrong, the service notices and comes back by itself,
//! and nothing is lost or left over.

mod cache;
mod database;
mod outage;
mod starts;
mod storage;
