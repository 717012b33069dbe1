//! What can be seen, by layer.

pub mod esp;
pub mod host;
pub mod ike;
pub mod l2tp;
pub mod network;
pub mod ppp;
pub mod pptp;
pub mod radius;
pub mod remark;
pub mod reported;

/// What was seen. Facts say what happened, never what it may mean.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// Names, routes, reachability, payload that passed or did not.
    Network(network::Fact),
    /// IKE.
    Ike(ike::Fact),
    /// ESP.
    Esp(esp::Fact),
    /// L2TP.
    L2tp(l2tp::Fact),
    /// PPTP and its GRE.
    Pptp(pptp::Fact),
    /// PPP: link, authentication, encryption, network protocols.
    Ppp(ppp::Fact),
    /// RADIUS.
    Radius(radius::Fact),
    /// The state and the configuration of a machine.
    Host(host::Fact),
    /// A code or a text that a product reported about the whole attempt.
    Reported(reported::Fact),
    /// What somebody wrote.
    Remark(remark::Fact),
}

/// The layer of a fact, in the order in which an attempt climbs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Layer {
    /// The machine.
    Host,
    /// The path.
    Network,
    /// IKE.
    Ike,
    /// ESP.
    Esp,
    /// PPTP control connection.
    Pptp,
    /// L2TP.
    L2tp,
    /// PPP.
    Ppp,
    /// RADIUS.
    Radius,
    /// A code of the whole attempt.
    Reported,
    /// Somebody's words.
    Remark,
}

impl Fact {
    /// Its layer.
    pub const fn layer(&self) -> Layer {
        match self {
            Fact::Network(_) => Layer::Network,
            Fact::Ike(_) => Layer::Ike,
            Fact::Esp(_) => Layer::Esp,
            Fact::L2tp(_) => Layer::L2tp,
            Fact::Pptp(_) => Layer::Pptp,
            Fact::Ppp(_) => Layer::Ppp,
            Fact::Radius(_) => Layer::Radius,
            Fact::Host(_) => Layer::Host,
            Fact::Reported(_) => Layer::Reported,
            Fact::Remark(_) => Layer::Remark,
        }
    }
}

macro_rules! into_fact {
    ($($module:ident => $variant:ident),*) => {$(
        impl From<$module::Fact> for Fact {
            fn from(fact: $module::Fact) -> Fact {
                Fact::$variant(fact)
            }
        }
    )*};
}

into_fact!(network => Network, ike => Ike, esp => Esp, l2tp => L2tp, pptp => Pptp, ppp => Ppp, radius => Radius, host => Host,
    reported => Reported, remark => Remark);
