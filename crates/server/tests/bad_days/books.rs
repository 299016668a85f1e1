//! The books at the end of a day: what was sent, and what the desk's agents see of it.

use crate::world::World;
use handover_core::port::store::{DeliveryState, Store};
use handover_fake::vendor::From;
use std::collections::{BTreeMap, HashMap};

/// What was sent to the desk, by contact, in order.
pub(crate) type Sent = BTreeMap<String, Vec<String>>;

/// What became of all that was sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Books {
    pub(crate) sent: usize,
    pub(crate) delivered: usize,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) out_of_order: usize,
    pub(crate) dead: usize,
}

impl Books {
    /// Compares what was sent with what the agents see.
    pub(crate) fn of(world: &World, sent: &Sent) -> Self {
        let mut books =
            Self { sent: 0, delivered: 0, lost: 0, doubled: 0, out_of_order: 0, dead: 0 };
        let at_desk: HashMap<String, Vec<String>> = world
            .vendor()
            .conversations()
            .into_iter()
            .map(|talk| {
                let from_contact = talk.messages.into_iter().filter(|it| it.from == From::Contact);
                (talk.id, from_contact.map(|it| it.text).collect())
            })
            .collect();
        for (who, texts) in sent {
            let seen = &at_desk[&world.link(who)];
            let places: Vec<Vec<usize>> = texts
                .iter()
                .map(|text| {
                    let same = seen.iter().enumerate().filter(|(_, one)| *one == text);
                    same.map(|(place, _)| place).collect()
                })
                .collect();
            books.sent += texts.len();
            books.delivered += places.iter().filter(|places| !places.is_empty()).count();
            books.lost += places.iter().filter(|places| places.is_empty()).count();
            books.doubled +=
                places.iter().map(|places| places.len().saturating_sub(1)).sum::<usize>();
            let first: Vec<usize> = places.iter().filter_map(|it| it.first().copied()).collect();
            books.out_of_order += first.windows(2).filter(|two| two[0] > two[1]).count();
            let deliveries = world.block_on(world.store.deliveries(&world.id(who))).unwrap();
            books.dead += deliveries.iter().filter(|it| it.state == DeliveryState::Dead).count();
        }
        books
    }

    /// Prints them; everything that was sent arrived once and in order.
    pub(crate) fn close(&self, day: &str) {
        println!(
            "{day}: sent {}, delivered {}, lost {}, doubled {}, out of order {}, dead {}",
            self.sent, self.delivered, self.lost, self.doubled, self.out_of_order, self.dead
        );
        assert!(self.sent > 0 && self.delivered == self.sent, "promise B: {self:?}");
        let bad = [self.lost, self.doubled, self.out_of_order, self.dead];
        assert_eq!(bad, [0; 4], "promises B, C and D: {self:?}");
    }
}
