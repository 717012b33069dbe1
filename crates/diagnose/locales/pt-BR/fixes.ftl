### O que corrige uma causa. Os comandos estão em src/remedy.rs.

fix-check-route = No cliente, verifique se há rota padrão e se a rede tem uma página de login.
fix-check-name = No cliente, resolva o nome e compare com outro servidor DNS; corrija o servidor configurado ou o registro.
fix-check-address = Compare o endereço usado na conexão com o endereço atual do servidor; ligue o servidor ou corrija o endereço.
fix-open-udp-500-4500 = Libere UDP 500 e UDP 4500 até o servidor, e as respostas de volta, em todos os firewalls e roteadores do caminho. Não abra a UDP 1701 para a Internet: com IPsec, ela viaja por dentro.
fix-linux-open-ipsec = Em um servidor Linux com nftables, libere o IPsec.
fix-windows-open-ipsec = Em um servidor Windows, libere o IPsec no firewall.
fix-security-software = Um programa de segurança no cliente pode descartar o IKE: desligue o firewall dele por uma única tentativa; se for isso, ligue-o de novo com uma exceção para UDP 500 e 4500.
    .price = Enquanto está desligado, ele não protege a máquina.
fix-forward-4500 = No roteador à frente do servidor, encaminhe a UDP 4500 para ele, além da UDP 500; desative “IPsec passthrough” ou o ALG de IPsec, que em muitos roteadores quebra o NAT traversal. “PPTP passthrough” não faz nada pelo L2TP.
fix-open-esp = Libere o protocolo IP 50 (ESP) até o servidor em todos os firewalls do caminho, nos dois sentidos.
fix-force-udp = Faça o ESP viajar em UDP, que passa onde o protocolo 50 não passa: no Causeway, force_udp; no strongSwan, forceencaps=yes; no libreswan, encapsulation=yes.
fix-open-tcp-1723 = Libere TCP 1723 e o protocolo IP 47 (GRE) até o servidor em todos os firewalls do caminho, nos dois sentidos.
fix-pptp-passthrough = Ative “PPTP passthrough” no roteador. Em um roteador Linux, carregue o helper e associe-o à porta 1723.
fix-leave-pptp = Melhor: troque PPTP por L2TP/IPsec, que só precisa de UDP 500 e 4500 e não foi quebrado.
fix-ike-fragmentation = Ative a fragmentação IKE nas duas pontas (RFC 7383, ou fragmentation=yes no IKEv1) ou libere fragmentos IP nos firewalls do caminho.
fix-smaller-certificates = Use certificados menores: curvas elípticas e uma cadeia não mais longa que o necessário.
fix-lower-mtu = No servidor, reduza o MTU do túnel para 1400 ou menos, ou limite ali o MSS do TCP.
fix-permit-too-big = Libere as mensagens ICMP “fragmentation needed” e “packet too big” nos firewalls do caminho; sem elas, nenhuma máquina descobre o tamanho certo.
fix-keepalive = Faça o cliente enviar keepalives a cada 20 segundos e aumente o tempo limite de UDP do NAT além disso.
fix-reconnect = Conecte novamente. Se acontecer muito, procure o que os horários têm em comum.
fix-find-port-owner = Descubra o programa que ocupa a porta e encerre-o, ou dê a ele outra porta.
fix-offer-strong = No cliente, ofereça AES-256, SHA-256 ou SHA-1 e um grupo de 2048 bits ou mais. No L2TP, o Windows já os oferece; no IKEv2, oferece só o grupo de 1024 bits, a menos que NegotiateDH2048_AES256 seja 1 ou que haja uma política definida com Set-VpnConnectionIPsecConfiguration.
fix-server-stock-proposals = No servidor, permita o que os clientes nativos oferecem: AES-256 ou AES-128, SHA-1 ou SHA-256, e MODP2048, ECP256 ou ECP384.
fix-server-legacy = Só para clientes que não têm nada melhor, permita 3DES e o grupo de 1024 bits no servidor.
    .price = Um atacante com muitos recursos pode ler o tráfego desses clientes; limite isso a uma escuta ou conexão e aposente esses clientes.
fix-esp-stock-proposals = No servidor, permita para o ESP AES com SHA-1 ou SHA-256 (128 bits de verificação) ou AES-GCM, em modo de transporte.
fix-same-key = Digite a mesma chave pré-compartilhada nas duas pontas. Copie-a como texto; maiúsculas e minúsculas são diferentes, e um espaço no fim conta.
fix-plain-key = Escolha uma chave de 20 ou mais letras sem acento e números e configure-a nas duas pontas.
fix-key-for-any = No servidor, defina a chave para clientes de endereço desconhecido; no strongSwan e no libreswan, “%any %any : PSK”.
fix-client-key = No cliente, informe a chave pré-compartilhada: no Windows, em Propriedades, Segurança, Configurações avançadas.
fix-identity-any = No cliente, aceite a identidade que o servidor tem (rightid=%any no strongSwan), ou faça o servidor se identificar como o cliente espera (leftid).
fix-issue-machine-certificate = Emita um certificado para a máquina, com a chave privada, no repositório do computador local e conecte novamente.
fix-configure-certificate = Na configuração do daemon, indique um arquivo de certificado que exista e a chave dele.
fix-trust-root = Na máquina que recusa, importe a raiz emissora para as Autoridades de Certificação Raiz Confiáveis, além das intermediárias.
    .price = A máquina passa a confiar em tudo o que essa autoridade emite; importe apenas uma que você administre ou conheça.
fix-certificate-name = Emita o certificado do servidor com o nome que os clientes usam como nome alternativo da entidade; ou conecte usando o nome que ele contém.
fix-certificate-usage = Emita o certificado com serverAuth (1.3.6.1.5.5.7.3.1) para o servidor e clientAuth (1.3.6.1.5.5.7.3.2) para o cliente; alguns servidores exigem os dois.
fix-renew-certificate = Renove o certificado e acerte os relógios das duas máquinas por NTP.
fix-nat-t-both = Ative o NAT traversal no lado que não o tem ou atualize esse lado.
fix-server-public-address = Dê ao servidor um endereço público próprio; assim nenhum cliente precisa de valor no Registro.
fix-windows-assume-udp = No cliente Windows, permita IPsec com um servidor atrás de NAT e reinicie o Windows. O valor fica em PolicyAgent (no Windows XP, em IPSec); em outro lugar não faz nada.
    .price = O Windows passa a criar associações também com servidores cujo endereço um NAT esconde; por isso, defina-o só nas máquinas que precisam.
fix-clients-by-association = Use um servidor que distinga clientes pelas associações, não por endereço e porta; no strongSwan, o plugin connmark; no libreswan, overlapip=yes; no Causeway, nada.
fix-one-behind-nat = Até lá, conecte um deles de outra forma, como IKEv2 ou SSTP.
fix-selectors-l2tp = No servidor, permita a porta UDP 1701 do lado dele e qualquer porta do lado do cliente (leftprotoport=17/1701, rightprotoport=17/%any).
fix-no-pfs = No servidor, não exija grupo para o ESP: pfs=no no libreswan, uma proposta esp sem grupo no strongSwan.
fix-enable-ikev1 = No servidor, ative o IKEv1 para L2TP/IPsec (keyexchange=ikev1 ou ikev2=no), ou conecte com IKEv2.
fix-main-mode = Configure os dois lados para o modo principal.
fix-windows-update = Instale as atualizações atuais do Windows: KB5010793 (Windows 10), KB5010795 (Windows 11) e todas as posteriores corrigem isso.
fix-server-less-vendor-ids = No servidor, não envie Vendor IDs desnecessários.
fix-update-server = Atualize o software do servidor.
fix-update-both = Atualize os dois lados para versões atuais; se persistir, relate o problema com a captura e as duas versões.
fix-longer-lifetimes = Use tempos de vida iguais nos dois lados, o do cliente um pouco menor que o do servidor, e ative a renovação em um só lado apenas se o outro não a suportar.
fix-sha2-128 = Use AES-GCM, SHA-1 ou SHA-512 no ESP, ou corrija o truncamento para esses clientes (sha2-truncbug, sha256_96). Melhor: atualize os clientes antigos.
fix-protect-any-port = No cliente, deixe a política proteger qualquer porta de origem (leftprotoport=17/%any): assim o L2TP fica protegido, saia de que porta sair.
fix-restore-policies = Se uma máquina tem associações e nenhuma política, reinicie o serviço IPsec dela: algo as apagou.
fix-free-1701 = No cliente, pare o outro serviço L2TP, para que o L2TP saia pela porta que a política protege.
fix-windows-permit-ipsec = No cliente Windows, deixe o L2TP voltar a usar IPsec e reinicie o Windows.
fix-start-l2tp = No servidor, inicie o serviço L2TP e deixe-o escutando na UDP 1701.
fix-permit-1701-inside = No servidor, libere a UDP 1701 para o que saiu do IPsec e para nada mais.
fix-no-tunnel-secret = Desative o segredo de túnel L2TP no servidor (challenge = no): dentro do IPsec ele não acrescenta nada, e o Windows não tem suporte a ele.
fix-read-server-log = Leia o log do servidor no mesmo segundo: o motivo real está lá, em geral vindo do PPP.
fix-more-ports = Aumente o limite de conexões deste tipo de túnel e encerre as que estão mortas.
fix-enable-tunnel-type = No servidor, ative este tipo de túnel, ou conecte com um que esteja ativado.
fix-start-pppd = Descubra por que o PPP do servidor não inicia: execute-o manualmente com as mesmas opções.
fix-common-auth = Permita MS-CHAPv2 nas duas pontas; PAP e CHAP, só dentro do IPsec. No Windows, as opções ficam em Propriedades, Segurança.
fix-fix-loop = Encontre e desfaça o loop: uma bridge, uma porta espelhada ou um equipamento que devolve pacotes.
fix-check-credentials = Digite de novo, à mão, o nome de usuário e a senha; atenção ao layout do teclado. No servidor, confira a conta e redefina a senha.
fix-other-spelling = Escreva o nome de outra forma: user, DOMAIN\user ou user@domain; combine uma só entre servidor e clientes.
fix-unlock-account = Desbloqueie a conta e encontre o dispositivo que tenta a senha antiga.
fix-enable-account = Habilite a conta, se o usuário puder fazer logon.
fix-extend-account = Prorrogue a data de expiração da conta, se o usuário puder fazer logon.
fix-change-password = Peça ao usuário que altere a senha em uma máquina do escritório, ou ao administrador que a redefina.
fix-extend-hours = Amplie os horários permitidos da conta ou da política, ou conecte dentro deles.
fix-grant-dialin = Permita o acesso remoto na conta ou coloque o usuário no grupo que a política autoriza.
fix-rras-domain = Um servidor Windows que deve ler isso do domínio é membro dele, e sua conta de computador está no grupo do domínio “RAS and IAS Servers” (grupo de segurança, domínio local), que pode ler o objeto “RAS and IAS Servers Access Check”. Reinicie o servidor depois de uma mudança. O que dizem os tutoriais do NT 4, adicionar Everyone a “Pre-Windows 2000 Compatible Access”, abre o diretório a todos: não faça isso.
fix-fix-policy = Adicione ou altere uma política para que corresponda a este usuário, tipo de túnel e horário; atenção à ordem das políticas.
fix-fix-constraint = Altere a restrição que recusa ou conecte como ela exige; o código de motivo no log do servidor diz qual é.
fix-enable-method = Ative na configuração do servidor o método que a política exige, ou altere a política.
fix-ntlmv2-compat = No servidor de acesso remoto, faça-o verificar o MS-CHAPv2 com NTLMv2 (KB2811487) e reinicie o serviço.
fix-start-radius = Inicie o servidor RADIUS e corrija o endereço e a porta dele (1812) no servidor VPN; libere UDP 1812 e 1813 entre os dois.
fix-same-radius-secret = Configure o mesmo segredo RADIUS nos dois servidores.
fix-add-radius-client = Adicione aos clientes do servidor RADIUS o endereço de onde o servidor VPN pergunta.
fix-send-message-authenticator = Atualize o servidor VPN para que envie Message-Authenticator.
fix-not-require-message-authenticator = Até lá, não o exija deste cliente no servidor RADIUS (require_message_authenticator = no).
    .price = Um atacante entre os dois servidores pode então forjar a resposta RADIUS e entrar (CVE-2024-3596); mantenha os dois em uma rede protegida.
fix-common-eap = Combine um único tipo EAP no cliente, no servidor e na política, e instale os certificados de que ele precisa.
fix-tls-12 = Ative TLS 1.2 nos dois lados ou atualize o mais antigo.
fix-publish-ntauth = Coloque o certificado da autoridade emissora no repositório NTAuth.
fix-mppe-both = Com PPTP: ative MPPE de 128 bits no lado que o recusa e carregue ali o módulo do kernel.
fix-mppe-off-in-ipsec = Com L2TP/IPsec: não exija criptografia no PPP, o IPsec já criptografa. No Windows, escolha “Criptografia opcional”.
fix-mppe-128 = Permita 128 bits e o modo sem estado nos dois lados.
fix-mschapv2-for-mppe = Autentique com MS-CHAPv2 ou EAP-MSCHAPv2, que fornecem chaves.
fix-larger-pool = Amplie o intervalo de endereços para clientes e encerre sessões mortas; pedidos de eco as encontram.
fix-configure-pool = Dê ao servidor um intervalo de endereços para clientes ou corrija o DHCP dele.
fix-enable-ipcp = Ative o IPv4 nas opções PPP do lado que o recusa.
fix-windows-reset-ip = Na única máquina Windows que falha, veja se o TCP/IP (ms_tcpip) está vinculado aos WAN Miniports e redefina o TCP/IP. Os endereços digitados à mão se perdem com isso e voltam a partir do arquivo.
fix-windows-rebuild-miniports = Se isso não bastar, deixe o Windows recriar os WAN Miniports: desinstale os dispositivos “WAN Miniport” no Gerenciador de Dispositivos e verifique se há alterações de hardware. O último recurso é netcfg -d, que também remove todos os adaptadores de rede, comutadores virtuais e outras VPNs da máquina; anote as configurações deles. Tutoriais que apagam DriverDesc e forçam um driver Bluetooth no miniport fazem o mesmo com mais risco.
fix-fix-dhcp = Descubra por que o DHCP não responde ao servidor ou configure um intervalo estático.
fix-other-range = Dê aos clientes endereços de um intervalo que nenhuma rede deles contenha.
fix-return-route = Dê aos hosts atrás do servidor, ou ao gateway deles, uma rota para os endereços dos clientes passando pelo servidor; ou faça o servidor traduzi-los.
fix-host-route = No cliente, mantenha fora do túnel uma rota para o endereço público do servidor.
fix-enable-forwarding = No servidor, ative o encaminhamento de forma permanente.
fix-permit-forwarding = Libere nas regras de encaminhamento o que vem do túnel e faça NAT onde não houver rota de volta.
fix-tunnel-dns = Faça o servidor fornecer um servidor DNS que os clientes alcancem, e faça os clientes usá-lo.
fix-windows-start-services = No cliente Windows, inicie os serviços de que o IPsec precisa e configure-os para iniciar sozinhos quando necessário.
fix-start-server = No servidor, inicie os serviços de VPN e descubra por que pararam.
fix-update-weak = Atualize o lado que não tem nada melhor.
fix-windows-weak = Só como último recurso, permita algoritmos fracos no Windows.
    .price = DES e MD5 voltam a ser permitidos em todas as conexões L2TP desta máquina; esse tráfego pode ser lido.
fix-load-modules = Carregue os módulos, tire-os das listas de bloqueio e instale o pacote que os contém.
fix-make-dev-ppp = Crie o dispositivo ou repasse-o ao contêiner.
fix-update-or-return = Atualize para uma versão sem o defeito; até lá, volte para a anterior.
fix-move-registry-value = Decida se o valor é mesmo necessário: vários deles deixam a máquina menos segura. Se for, defina-o na chave certa, exclua-o da errada e reinicie o Windows.
fix-mend-configuration = Corrija a linha de que o programa reclama e inicie-o de novo.

# Onde algo precisa ser alterado.

at-client = a máquina do cliente
at-server = o servidor
at-either = cliente ou servidor
at-path = a rede entre os dois
at-that-side = o lado em que aparece
at-that-host = a máquina em que aparece
at-user = o usuário
at-administrator = o administrador
at-certificate = quem emite os certificados
at-nobody = ninguém
