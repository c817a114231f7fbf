{{ stage('ie') }}
