//! What the daemon did, as `docker events` tells it: lines of JSON in the memory of the machine's
//! services, in the form of an engine of 20.10 (which has `status`, `id` and `from` too).

use super::Engine;
use super::containers::Container;
use super::network::Network;
use crate::oci::digest::Digest;
use crate::sys::Sys;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is said of whom or what something happened to.
pub type Attributes = BTreeMap<String, String>;

#[derive(Serialize)]
struct Actor<'a> {
    #[serde(rename = "ID")]
    id: &'a str,
    #[serde(rename = "Attributes")]
    attributes: &'a Attributes,
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(rename = "Type")]
    kind: &'a str,
    #[serde(rename = "Action")]
    action: &'a str,
    #[serde(rename = "Actor")]
    actor: Actor<'a>,
    scope: &'a str,
    time: i64,
    #[serde(rename = "timeNano")]
    time_nano: i64,
}

impl Engine {
    /// Something happened.
    pub fn tell(
        &self,
        sys: &mut dyn Sys,
        (kind, action): (&str, &str),
        id: &str,
        attributes: &Attributes,
    ) {
        let now = sys.clock();
        let old_form = matches!(kind, "container" | "image");
        let from = attributes.get("image").filter(|_| kind == "container");
        let event = Event {
            status: old_form.then_some(action),
            id: old_form.then_some(id),
            from: from.map(String::as_str),
            kind,
            action,
            actor: Actor { id, attributes },
            scope: "local",
            time: now.sec,
            time_nano: now.sec.saturating_mul(1_000_000_000).saturating_add(i64::from(now.nsec)),
        };
        sys.remember(serde_json::to_vec(&event).unwrap_or_default());
    }

    /// To a container: its image, its name and its labels are told, and `more`.
    pub fn tell_container(
        &self,
        sys: &mut dyn Sys,
        container: &Container,
        action: &str,
        more: &[(&str, &str)],
    ) {
        let mut all: Attributes = container.config.labels.clone().unwrap_or_default();
        all.insert("image".to_owned(), container.config.image.clone());
        all.insert("name".to_owned(), container.name.trim_start_matches('/').to_owned());
        all.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        self.tell(sys, ("container", action), &container.id, &all);
    }

    /// To an image, with the name that was meant.
    pub fn tell_image(&self, sys: &mut dyn Sys, id: Digest, action: &str, name: &str) {
        let image = self.image(sys, id);
        let labels = image.and_then(|it| it.config.config.labels);
        let mut all: Attributes = labels.unwrap_or_default();
        all.insert("name".to_owned(), name.to_owned());
        self.tell(sys, ("image", action), &id.to_string(), &all);
    }

    /// To a volume.
    pub(super) fn tell_volume(&self, sys: &mut dyn Sys, name: &str, action: &str) {
        let all = [("driver".to_owned(), "local".to_owned())].into();
        self.tell(sys, ("volume", action), name, &all);
    }

    /// To a network.
    pub(super) fn tell_network(&self, sys: &mut dyn Sys, network: &Network, action: &str) {
        let pairs = [("name", &network.name), ("type", &network.driver)];
        let all = pairs.map(|(key, value)| (key.to_owned(), value.clone())).into();
        self.tell(sys, ("network", action), &network.id, &all);
    }

    /// A container came into a network, or left it.
    pub(super) fn tell_place(
        &self,
        sys: &mut dyn Sys,
        container: &Container,
        network: &str,
        action: &str,
    ) {
        let Some(network) = self.network(sys, network) else { return };
        let pairs =
            [("container", &container.id), ("name", &network.name), ("type", &network.driver)];
        let all = pairs.map(|(key, value)| (key.to_owned(), value.clone())).into();
        self.tell(sys, ("network", action), &network.id, &all);
    }

    /// A container's places in its networks, and its volumes, are taken or given back.
    pub(super) fn tell_surroundings(&self, sys: &mut dyn Sys, container: &Container, come: bool) {
        for name in container.networks.keys() {
            self.tell_place(sys, container, name, if come { "connect" } else { "disconnect" });
        }
        for point in container.mount_points.iter().filter(|it| it.kind == "volume") {
            let mut all = Attributes::new();
            let mut put = |key: &str, value: &str| all.insert(key.to_owned(), value.to_owned());
            put("container", &container.id);
            put("driver", "local");
            if come {
                put("destination", &point.destination);
                put("propagation", "");
                put("read/write", if point.rw { "true" } else { "false" });
            }
            self.tell(sys, ("volume", if come { "mount" } else { "unmount" }), &point.name, &all);
        }
    }
}
