//! What does not change.

use std::time::Duration;

use serde_json::Value;

use super::answer::Answer;
use super::world::World;

impl World {
    /// Waits until no letter is on its way: from then on they can be counted.
    pub async fn all_letters_arrive(&self) {
        let empty = async {
            while self.count("SELECT COUNT(*) AS n FROM letter").await > 0 {
                tokio::task::yield_now().await;
            }
        };
        let arrived = tokio::time::timeout(Duration::from_secs(20), empty).await;
        arrived.expect("the letters arrive");
    }

    /// The answer to a request that writes no letter and changes no row, be it one of the many that it could have
    /// added or removed, or the content of a user, team, role, membership, invitation or resource.
    pub async fn unchanged_by(&self, asked: impl Future<Output = Answer>) -> Answer {
        self.all_letters_arrive().await;
        let before = (self.rows_everywhere().await, self.contents().await);
        let answer = asked.await;
        let after = (self.rows_everywhere().await, self.contents().await);
        assert_eq!(before, after, "{}", answer.body);
        answer
    }

    async fn contents(&self) -> Vec<Value> {
        let mut contents = Vec::new();
        for table in ["user", "team", "role", "membership", "invitation", "resource"] {
            contents.extend(self.rows(&format!("SELECT * FROM \"{table}\" ORDER BY id")).await);
        }
        contents
    }
}
