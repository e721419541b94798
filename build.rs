//! Tells cargo that the built page of `graphiql/` is a part of the program: its files have other names after each
//! change, which no `include!` can follow.

fn main() {
    println!("cargo::rerun-if-changed=graphiql/dist");
}
